"""Extensions of Sphinx, loaded by name: the names begin with book_ so that none hides another.

book_language_menu    a page among its translations: menu, addresses, notices
book_launch           the buttons that open a chapter in Colab or Kaggle, at the tag of its release
book_words            what theme and extensions say, in the language of the book
book_mathjax          formulas, set while the book is built
book_search           search within the pages
book_quoted_language  outputs in English on pages in other languages say so
book_live             the live elements: script, words, what they store
book_api              the package's API from docstrings; chapters lead there
book_without_thebe    leaves out a script that nothing here uses
"""
