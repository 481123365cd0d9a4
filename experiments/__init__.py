"""What made the records and the weights of the package: `python -m experiments.NAME`.

A script writes `charrnn/records/NAME.csv`, or `NAME_PART.csv` where it has parts.

    pretrained          the weights that come with the package, with their records
    system_a            system A's recipe at its own size, epoch by epoch
    cells               plain recurrence, GRU and LSTM over learning rates; beginnings of gates
    stateful            what a carried state and the order of windows do
    scheduled_sampling  against teacher forcing
    recipes             trials of recipes, the same seconds for each
    text_sizes          sizes and dropout for four lengths of text, in the same time
    training_variants   Adam or Muon, shuffled windows or streams, in the same time
    recipes_by_text     the rules that adapt the recipe to a text, tried in several scripts
    reliability         what a user can do to a training, its files and the command line
    endings             its trainings that are ended
    odd_input           its damaged files and random command lines
    opening_texts       the texts that the front pages open with
    pens                what may come at each place of these texts
    scripts             what the models of the book's languages cost and reach
    transformer         a GRU and a transformer of equal size, for an equal time
    pieces              characters and byte-pair pieces, compared in bits per byte
    several_workers     a text of one's own, trained on by one machine or several
    one_worker          what each of its processes does
    worker_processes    its processes on one machine, started and ended together
    record              a run epoch by epoch, or a table of trials; both go on where they ended
    shared              tiny Shakespeare as experiments cut it
    machine             what a run was measured on
"""
