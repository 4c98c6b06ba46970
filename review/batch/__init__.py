"""Check whole archives: resumable, one guarded process a document, local or on a Dask cluster.

    finding   which files there are, and by what each is known to be the same
    planning  which of them must be read: new, changed, or last checked under other rules
    running   read them, in limited children of this process or of Dask workers
    reporting one pass over the results: pages and tables
    lock      one run of a scan at a time; is one running?

The manifest in the database is the truth. Nothing here is imported before it is needed: a scan that finds nothing
new loads neither rules nor models.
"""
