"""What a chapter is, and the rules that it keeps.

markdown      prose, parsed as the pages are
notebooks     the toc, notebooks, cells, solutions
parameters    the values of a run: profiles and what the command line sets
runner        one chapter, run
outputs       the outputs that are stored
output_rules  rules for them
source_rules  rules for cells and prose
taught        what a chapter teaches is what the package runs
reachable     which corpus can be had here
repository    the repository's address
"""
