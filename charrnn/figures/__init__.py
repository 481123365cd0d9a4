"""Every figure of the book.

look        what they have in common: palette, sizes, ground, how they are stored
library     matplotlib, or one sentence where it is not installed
plots       what was counted or measured
diagrams    how a text is cut, a model is arranged and exported, drawn without data
drawings    what happens in time: the loop in which a model writes, a layer unrolled, its cells
strokes     arrows and boxes, of which the drawings are made
attention   where each position of a text looks, as squares
unit_graph  one unit over time: its values forwards, its gradients backwards
coloured    text as HTML in which values are colours
boxes       a text's signs, code points and bytes, or its pieces, as HTML
"""
