"""What waits for a commit, in the transactions of tests."""

import logging

from django.db import transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase

from django_avaturn.testing.commits import Commits, committing


class InATransaction(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.early = []
        transaction.on_commit(lambda: cls.early.append(1))

    def setUp(self):
        self.done = []
        self.commits = Commits()

    def later(self, what, **options):
        transaction.on_commit(lambda: self.done.append(what), **options)

    def test_each_runs_once_and_in_order(self):
        self.later("a")
        self.later("b")
        assert self.done == []
        assert self.commits.run() == 2
        self.later("c")
        assert (self.commits.run(), self.commits.run()) == (1, 0)
        assert self.done == ["a", "b", "c"]

    def test_what_others_have_left_behind_is_not_run(self):
        self.commits.run()
        assert self.early == []

    def test_what_a_callback_adds_runs_too(self):
        transaction.on_commit(lambda: self.later("second"))
        assert self.commits.run() == 2
        assert self.done == ["second"]

    def test_a_rollback_forgets(self):
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            self.later("never")
            raise ZeroDivisionError
        assert self.commits.run() == 0

    def test_django_does_not_run_them_again(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.later("a")
            self.commits.run()
            self.later("b")
        assert self.done == ["a", "b"]

    def test_errors_come_through_but_for_robust_callbacks(self):
        transaction.on_commit(lambda: 1 / 0, robust=True)
        self.later("after it")
        with self.assertLogs("django_avaturn.testing", logging.ERROR):
            self.commits.run()
        assert self.done == ["after it"]
        transaction.on_commit(lambda: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            self.commits.run()

    def test_only_what_came_within_a_block(self):
        self.later("before")
        with committing():
            self.later("within")
        assert self.done == ["within"]
        self.commits.run()
        assert self.done == ["within", "before"]


class WithCommits(TransactionTestCase):
    def test_there_is_nothing_left_to_do(self):
        done, commits = [], Commits()
        transaction.on_commit(lambda: done.append(1))
        assert done == [1] and commits.run() == 0


class WithoutADatabase(SimpleTestCase):
    def test_there_is_nothing_to_do(self):
        assert Commits().run() == 0
