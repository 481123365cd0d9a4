"""The benchmark behind ``make bench``: this book, its peers and the machine's limits, side by side.

A contender is a module that measures something and prints one line of JSON.

    run              starts each contender, in several rounds, and writes a file into ``results/``
    scripts          the same, for trainings of two minutes in each language, and for long texts
    table            the results as tables
    picture          the results as a picture
    page_scores      by itself: Lighthouse over the pages, behind ``make lighthouse``
    folded           by itself: what the folded input product is worth

    ours_data        from text to ids, and from ids to batches
    ours_training    training at system A's sizes, and with many symbols
    ours_generation  one text, and 64 at once
    ours_evaluation  both losses of the shipped model
    ours_quality     the loss that the recipe reaches in a given time
    ours_reading     the loss that it reaches after so many characters
    two_minutes      what ``train`` reaches in a language
    long_texts       memory and waiting times with a long text; also by itself
    first_report     the wait for a first report from the command line
    sample_start     the wait for a first text from the command line
    page_speed       the model in a page, where there is a browser
    ngram            the loss of n-grams
    limits           what the machine's matrix products and memory allow
    peers            other programs; they import nothing of this book

    contender        what every contender needs
    user_commands    commands as a user starts them
    materials        the files that contenders read
    processes        contenders -> measurements
    rows             measurements -> the rows of the results
    result_files     rows -> the file of a processor
"""
