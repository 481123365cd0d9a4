"""The benchmark behind ``make bench``: this book, its peers and the machine's limits, side by side.

A contender is a module that measures something and prints one line of JSON.

    run              starts each contender, in several rounds, and writes a file into ``results/``
    table            the results as tables
    picture          the results as a picture
    folded           by itself: what the folded input product is worth
    long_texts       by itself: memory and waiting times with a long text

    ours_data        from text to ids, and from ids to batches
    ours_training    training at system A's sizes
    ours_generation  one text, and 64 at once
    ours_evaluation  both losses of the shipped model
    ours_quality     the loss that the recipe reaches in a given time
    sample_start     the wait for a first text from the command line
    ngram            the loss of n-grams
    limits           what the machine's matrix products allow
    peers            other programs; they import nothing of this book

    contender        what every contender needs
    materials        the files that contenders read
    processes        contenders -> measurements
    rows             measurements -> the rows of the results
"""
