"""The pages: Jupyter Book, once for each language.

assembly       what Jupyter Book reads: English code and outputs, prose of one language
terms          the page of the book's terms, from the glossary
api            the page of the package's API, and what of it chapters lead to
redirects      pages at old addresses that lead to the new ones
templates      those of pages that are none of Jupyter Book's
build_book     the site of one language
finishing      what its pages get after Jupyter Book: less to load, and a policy
style_sheets   one small style sheet in place of all that pages load
policy         what a page may load and run
edition_pages  the pages as chapters of a printed book
edition_pdf    the book as PDF, printed by the browser
edition_epub   the book as EPUB
edition_links  the links to both on the front page
cards          social cards, the title of a page as a picture
extensions     of Sphinx
"""
