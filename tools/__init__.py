"""Commands that run, check and build the book, each called as `python -m tools.NAME`.

    execute          run chapters, in place or as copies
    check_notebooks  chapters against the rules of the house
    solutions        run the solutions of a chapter's exercises
    translations     add, sync, check, accept translations; their state
    stamp            write the repository's address where it is needed
    build_site       build the pages of every language
    run_colab        run a chapter of each language in an environment like Colab's
    screenshot       photograph a page of the built book

`chapters`, `translation` and `site` hold what these commands share.
"""
