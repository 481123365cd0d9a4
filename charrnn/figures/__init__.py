"""Every figure of the book.

plots     what was counted or measured
diagrams  how things are arranged, drawn without data
coloured  text as HTML in which values are colours
"""
