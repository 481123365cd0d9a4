"""What a chapter is, and the rules that it keeps.

markdown       prose, parsed as the pages are
emphasis       what prose sets in bold or italics, and where
notebooks      the toc, notebooks, cells, solutions
parameters     the values of a run: profiles and what the command line sets
runner         one chapter, run
outputs        the outputs that are stored
output_rules   rules for them
source_rules   rules for cells and prose
reading_rules  what a chapter asks of its reader: length, names, questions, hidden checks
term_rules     the book's terms: what its English no longer says
alone_rules    rules for a chapter that needs nothing but TensorFlow
form_rules     rules for fields and sliders, which Colab shows
package_names  which names of the package a chapter uses
taught         what a chapter teaches is what the package runs
reachable      which corpus can be had here
keras_folder   a text where Keras looks for it
repository     the repository's address, and the tag of its version
release        what must hold before a tag is published
"""
