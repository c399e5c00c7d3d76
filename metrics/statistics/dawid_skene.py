"""What is the truth, and how does each annotator err, when several labelled the same items?

Dawid and Skene (1979), DOI 10.2307/2346806: maximum likelihood by expectation and maximisation, started from
the shares of votes. It supposes that annotators err independently of each other given the truth; three or
more under one guideline may, detectors of one kind do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.special import xlogy_each

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]
ROUNDS: Final = 1_000
ENOUGH: Final = 1e-8  # change of the log-likelihood at which it stands still


@dataclass(frozen=True, eq=False)
class Fit:
    """Classes' shares, annotators' confusion, and each item's truth."""

    marginals: Floats  # by class
    confusion: Floats  # annotator, true class, given label: shares of 1 over the labels
    posterior: Floats  # item, class
    log_likelihood: float
    rounds: int


def fit(codes: Integers, classes: int | None = None) -> Fit:
    """Dawid and Skene's fit of one label per item and annotator.

    Parameters
    ----------
    codes
        Items by annotators: labels 0, 1, ...; -1 = none given.
    classes
        How many labels there are; None = as many as were given.

    >>> found = fit(np.array([[0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, -1]]))
    >>> found.posterior.argmax(axis=1).tolist()
    [0, 1, 1, 0]
    """
    size = classes or int(codes.max(initial=-1)) + 1
    return fit_counts((codes[:, :, None] == np.arange(size)).astype(np.int64))


def fit_counts(counts: Integers) -> Fit:
    """The same where an annotator may label an item more than once.

    Parameters
    ----------
    counts
        Items by annotators by classes: how often the annotator gave the item that label.

    Raises
    ------
    ValueError
        There are no labels, or an item has none.
    """
    votes = counts.sum(axis=1)
    if not counts.size or not (votes.sum(axis=1) > 0).all():
        raise ValueError(f"every item needs a label; seen labels per item {votes.sum(axis=1).tolist()[:5]}")
    posterior = votes / votes.sum(axis=1, keepdims=True)
    before, made = -np.inf, 0
    while made < ROUNDS:
        made += 1
        marginals, confusion = _parameters(counts, posterior)
        posterior, likelihood = _expected(counts, marginals, confusion)
        if abs(likelihood - before) < ENOUGH:
            break
        before = likelihood
    return Fit(marginals, confusion, posterior, likelihood, made)


def _parameters(counts: Integers, posterior: Floats) -> tuple[Floats, Floats]:
    """Shares of classes, and how each annotator labels the items of each."""
    labelled = np.einsum("ij,ikl->kjl", posterior, counts)
    of = labelled.sum(axis=2, keepdims=True)
    confusion = np.divide(labelled, of, out=np.zeros_like(labelled), where=of > 0)
    return posterior.mean(axis=0), confusion


def _expected(counts: Integers, marginals: Floats, confusion: Floats) -> tuple[Floats, float]:
    """Each item's chances of being of each class, and the log-likelihood of all labels."""
    said = xlogy_each(counts[:, :, None, :], confusion[None])
    joint = xlogy_each(1, marginals) + said.sum(axis=(1, 3))
    whole = np.logaddexp.reduce(joint, axis=1)
    return np.exp(joint - whole[:, None]), float(whole.sum())
