"""Running chapters as Colab does: what can be tested without an environment of its own."""

import os
import subprocess

from tools.chapters.notebooks import ROOT
from tools.run_colab import git_at
from tools.stamp import read_repository


def git(*arguments, **environment):
    command = ["git", *map(str, arguments)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | environment
    )
    return done.stdout


def test_the_public_address_leads_to_the_local_clone(tmp_path):
    git("init", "--quiet", "--bare", "--initial-branch", "main", tmp_path / "book.git")
    author = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b"}
    author |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    folder = ("-C", tmp_path / "book.git")
    tree = git(*folder, "hash-object", "-w", "-t", "tree", os.devnull).strip()  # an empty one
    commit = git(*folder, "commit-tree", tree, "-m", "first", **author).strip()
    git(*folder, "update-ref", "refs/heads/main", commit)
    url = read_repository(ROOT / "_config.yml").url
    listed = git("ls-remote", url, "refs/heads/main", **git_at(tmp_path / "book.git"))
    assert listed.split()[0] == commit
