"""The script that Streamlit runs for every session. Alone in its folder: Streamlit puts that folder on ``sys.path``.

It does nothing when imported: the child processes in which files are parsed import the main module of their parent.
"""

if __name__ == "__main__":
    from review.ui import frame

    frame.draw()
