"""A model in a web page: in the book's live elements, and in a page of one's own to send.

stored    what an element shows before any weights are loaded
elements  the elements as HTML that stands for itself where no script runs
script    the script and the style that bring them to life
page      a model -> one HTML file that writes by itself

`script/` holds what runs in the reader's browser: file, product, model and draw read a model and
write with it, as a lesson in some 300 lines; page has what the elements share; bars, passage and
pen, and guess and colours are the elements. product.wat is the source of the bytes in product.js.
"""
