"""Everything that the product raises on purpose, by who has to act.

    ReviewError
    ├── InputError       the submitter: this file cannot be reviewed as it is
    ├── PolicyError      the reviewer: not allowed yet
    └── IntegrityError   the operator: stop, nothing was published

Messages are Chinese, name a part or a rule and what to do next, and never quote document text.
Bugs stay ordinary exceptions.
"""

from __future__ import annotations


class ReviewError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 2


class InputError(ReviewError):
    """The file cannot be reviewed as it is; the submitter has to act."""

    exit_code = 2


class UnsupportedFormat(InputError):
    """No reader knows this kind of file, or its content is not what its name says."""


class CorruptDocument(InputError):
    """The file is damaged, truncated, or breaks its format's own rules."""

    exit_code = 3


class EncryptedDocument(InputError):
    """The file is protected by a password and was not read."""

    exit_code = 3


class LimitExceeded(InputError):
    """Reading would take more size, depth, time or memory than is allowed."""

    exit_code = 3


class MissingTool(InputError):
    """An outside program that this format needs (LibreOffice) is not installed."""

    exit_code = 3


class IntakeStop(InputError):
    """A probable state-secret mark on an unclassified machine: processing ended, nothing was kept."""


class PolicyError(ReviewError):
    """The step is not allowed yet; the reviewer has to act."""


class UndecidedFlags(PolicyError):
    """Flags are open or escalated: undecided is unpublished."""


class SeparationOfDuties(PolicyError):
    """The same person may not do both steps, or the role does not allow this step."""


class StaleCase(PolicyError):
    """The case changed since it was read; look at it again before deciding."""


class ReasonMissing(PolicyError):
    """A decision needs a coded reason, a note or a ground that was not given."""


class IntegrityError(ReviewError):
    """Something that must hold does not: stop. Nothing was published."""

    exit_code = 4


class PackInvalid(IntegrityError):
    """A rule pack, rule, genre or legal basis does not load."""

    exit_code = 2


class ModelMismatch(IntegrityError):
    """A model file is missing or its SHA-256 is not the registered one."""


class AuditChainBroken(IntegrityError):
    """The event chain was edited, cut or reordered."""


class RedactionLeak(IntegrityError):
    """A redacted value, or a difference from the plan, was found in the result: no output was written."""
