"""Compute, with SciPy, statsmodels and ppi-python, the values that tests/summary.rs compares with.

    python -m venv .venv && .venv/bin/pip install -r scripts/requirements-statistics.txt
    .venv/bin/python scripts/make_statistics_fixtures.py

writes tests/fixtures/statistics.json. All inputs are in the file too, so the tests do not
depend on NumPy's random numbers. Probabilities are multiples of 1/1024, which 32-bit floats hold
exactly.
"""

import json
from pathlib import Path

import numpy as np
import ppi_py
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

OUT = Path(__file__).parent.parent / "tests" / "fixtures" / "statistics.json"
GRAIN = 1024


def probabilities(rng, alpha):
    """Four probabilities that are multiples of 1/1024."""
    return rng.multinomial(GRAIN, rng.dirichlet(alpha)) / GRAIN


def articles(rng, count, alpha):
    """Articles of 1 to 6 rows around a mood of their own."""
    result = []
    for _ in range(count):
        mood = np.asarray(alpha) * rng.uniform(0.3, 2.0, 4)
        result.append([probabilities(rng, mood) for _ in range(rng.integers(1, 7))])
    return result


def sums(group):
    """Sums of probabilities (articles × 4) and numbers of rows, by article."""
    return np.array([np.sum(a, axis=0) for a in group]), np.array([len(a) for a in group])


def ratio(group, stance):
    totals, rows = sums(group)
    return lambda index: totals[index, stance].sum(axis=-1) / rows[index].sum(axis=-1)


def quantiles(rng):
    cases = []
    for size in (1, 2, 7, 400):
        values = np.sort(rng.normal(size=size).round(6))
        q = [0.0, 0.025, 0.31, 0.5, 0.975, 1.0]
        expected = np.quantile(values, q)
        cases.append({"values": values.tolist(), "q": q, "expected": expected.tolist()})
    return cases


def false_discovery_rates(rng):
    cases = []
    for p in (
        [0.04],
        [0.01, 0.04, 0.03, 0.5],
        [0.2, 0.2, 0.2],
        [1.0, 0.0001, 0.9999, 0.00012, 0.03],
        rng.uniform(size=60).round(4).tolist(),
    ):
        q = multipletests(p, method="fdr_bh")[1]
        assert np.allclose(q, stats.false_discovery_control(p))
        cases.append({"p": p, "q": q.tolist()})
    return cases


def comparison(rng, before, after, exact):
    """Means, percentile intervals and permutation p-values of two summits."""
    case = {
        "before": [[row.tolist() for row in a] for a in before],
        "after": [[row.tolist() for row in a] for a in after],
        "exact": exact,
        "stances": [],
    }
    both = before + after
    split = len(before)
    for stance in range(4):
        one, two, joint = ratio(before, stance), ratio(after, stance), ratio(both, stance)
        index_one, index_two = np.arange(split), np.arange(len(after))
        settings = {"method": "percentile", "n_resamples": 200_000, "batch": 20_000, "rng": rng}

        def mean_of(group):
            return lambda index, axis=-1: group(index)

        def difference(index_before, index_after, axis=-1):
            return two(index_after) - one(index_before)

        def distance(index_before, index_after, axis=-1):
            return np.abs(joint(index_after) - joint(index_before))

        def interval(data, statistic):
            result = stats.bootstrap(data, statistic, vectorized=True, **settings)
            return [result.confidence_interval.low, result.confidence_interval.high]

        p = stats.permutation_test(
            (index_one, index_two + split),
            distance,
            alternative="greater",
            vectorized=True,
            n_resamples=np.inf if exact else 200_000,
            batch=10_000,
            rng=rng,
        ).pvalue
        case["stances"].append(
            {
                "before": one(index_one),
                "after": two(index_two),
                "before_interval": interval((index_one,), mean_of(one)),
                "after_interval": interval((index_two,), mean_of(two)),
                "difference": two(index_two) - one(index_one),
                "difference_interval": interval((index_one, index_two), difference),
                "p": p,
            }
        )
    return case


def labelled_world(rng, count, alpha, choices):
    """Rows of articles with predictions, some labelled with one of the given probabilities."""
    rows = []
    for article, group in enumerate(articles(rng, count, alpha)):
        for p in group:
            # The classifier is biased: labels follow other probabilities than it says.
            truth = p * np.array([1.6, 1.0, 0.5, 1.0]) + 0.02
            stance = int(rng.choice(4, p=truth / truth.sum()))
            chance = float(rng.choice(choices))
            labelled = bool(rng.uniform() < chance)
            rows.append(
                {
                    "article": article,
                    "predicted": p.tolist(),
                    "label": stance if labelled else None,
                    "inclusion_probability": chance if labelled else None,
                }
            )
    return rows


class Corrected:
    """The clustered, weighted PPI++ mean of src/summary/prediction_powered.rs, by regression."""

    def __init__(self, rows):
        self.article = np.array([row["article"] for row in rows])
        self.f = np.array([row["predicted"] for row in rows])
        self.w = np.array([1 / (row["inclusion_probability"] or np.inf) for row in rows])
        self.y = np.array([np.eye(4)[row["label"]] if row["label"] is not None else np.zeros(4) for row in rows])
        self.labelled_articles = len(set(self.article[self.w > 0]))
        self.articles = len(set(self.article))

    def at(self, lam):
        """Means and variances with the classifier's weight `lam`.

        The estimate is the mean of pseudo-outcomes, so its variance over articles is the
        cluster-robust variance of a regression on a constant, but for the small-sample factor,
        which statsmodels takes from all articles and we from the labelled ones.
        """
        n, weight = len(self.w), self.w.sum()
        e = self.y - lam * self.f
        r = (self.w[:, None] * e).sum(axis=0) / weight
        outcome = lam * self.f + (n * self.w / weight)[:, None] * (e - r) + r
        factor = (self.labelled_articles / (self.labelled_articles - 1)) / (
            self.articles / (self.articles - 1)
        )
        means, variances = [], []
        for stance in range(4):
            fit = sm.OLS(outcome[:, stance], np.ones(n)).fit(
                cov_type="cluster", cov_kwds={"groups": self.article}
            )
            means.append(float(fit.params[0]))
            variances.append(float(fit.bse[0] ** 2 * factor))
        return means, variances

    def best(self):
        """The weight in [0, 1] with the smallest sum of variances."""
        result = optimize.minimize_scalar(
            lambda lam: 1e6 * sum(self.at(lam)[1]), bounds=(0, 1), method="bounded",
            options={"xatol": 1e-10},
        )
        return float(result.x)


def prediction_powered(rng):
    cases = []
    for count, alpha, choices in (
        (60, [1.5, 1.0, 0.8, 2.0], [0.5]),
        (80, [0.5, 0.5, 2.5, 1.0], [0.25, 0.75]),
    ):
        rows = labelled_world(rng, count, alpha, choices)
        model = Corrected(rows)
        best = model.best()
        weights = []
        for lam in (0.0, 0.5, 1.0, best):
            means, variances = model.at(lam)
            weights.append({"lambda": lam, "means": means, "variances": variances})
        # Without the classifier it is the weighted mean of the labels, clustered by article.
        labelled = model.w > 0
        for stance in range(4):
            fit = sm.WLS(
                model.y[labelled, stance], np.ones(labelled.sum()), weights=model.w[labelled]
            ).fit(cov_type="cluster", cov_kwds={"groups": model.article[labelled]})
            assert np.isclose(fit.params[0], weights[0]["means"][stance])
            assert np.isclose(fit.bse[0] ** 2, weights[0]["variances"][stance])
        w = model.w[labelled]
        observations = min(model.labelled_articles, w.sum() ** 2 / (w**2).sum())
        cases.append(
            {
                "rows": rows,
                "weights": weights,
                "best": best,
                "freedom": observations - 1,
                "t": float(stats.t.ppf(0.975, observations - 1)),
            }
        )
    return cases


def against_ppi_py(rng):
    """One row per article and a simple random sample: the case of the papers."""
    n, total = 250, 2000
    rows = labelled_world(rng, total, [1.5, 1.0, 0.8, 2.0], [1.0])
    rows = [row | {"article": article} for article, row in enumerate(rows[:total])]
    chosen = set(rng.choice(total, n, replace=False).tolist())
    for index, row in enumerate(rows):
        if index in chosen:
            row["inclusion_probability"] = n / total
        else:
            row["label"] = row["inclusion_probability"] = None
    labelled = [row for row in rows if row["label"] is not None]
    rest = [row for row in rows if row["label"] is None]
    y = np.array([np.eye(4)[row["label"]] for row in labelled])
    f = np.array([row["predicted"] for row in labelled])
    f_rest = np.array([row["predicted"] for row in rest])
    # The papers' unlabelled rows are apart from the labelled; their weight for the same estimate
    # is ours times the share of rows that are not labelled.
    share = (total - n) / total
    stances = []
    for lam in (0.5, 1.0):
        for stance in range(4):
            point = ppi_py.ppi_mean_pointestimate(
                y[:, stance], f[:, stance], f_rest[:, stance], lam=lam * share
            )
            interval = ppi_py.ppi_mean_ci(
                y[:, stance], f[:, stance], f_rest[:, stance], alpha=0.05, lam=lam * share
            )
            stances.append(
                {
                    "lambda": lam,
                    "stance": stance,
                    "mean": float(np.squeeze(point)),
                    "low": float(np.squeeze(interval[0])),
                    "high": float(np.squeeze(interval[1])),
                }
            )
    compact = [[row["predicted"], row["label"]] for row in rows]
    return {"rows": compact, "inclusion_probability": n / total, "stances": stances}


def welch(rng):
    """Differences of two corrected means, as two means with standard errors would give them."""
    cases = []
    for _ in range(6):
        freedom = rng.integers(5, 80, 2)
        se = rng.uniform(0.01, 0.08, 2)
        means = rng.uniform(0.2, 0.5, 2)
        sd = se * np.sqrt(freedom + 1)
        test = stats.ttest_ind_from_stats(
            means[1], sd[1], freedom[1] + 1, means[0], sd[0], freedom[0] + 1, equal_var=False
        )
        variance = se**2
        df = variance.sum() ** 2 / (variance**2 / freedom).sum()
        half = stats.t.ppf(0.975, df) * np.sqrt(variance.sum())
        cases.append(
            {
                "means": means.tolist(),
                "variances": variance.tolist(),
                "freedom": freedom.tolist(),
                "p": float(test.pvalue),
                "low": float(means[1] - means[0] - half),
                "high": float(means[1] - means[0] + half),
            }
        )
    return cases


def rare_stances():
    """Wilson's interval, and Newcombe's of a difference."""
    cases = []
    for count, n in ((0, 12), (1, 25), (3, 40), (12, 12)):
        low, high = proportion_confint(count, n, method="wilson")
        cases.append({"count": count, "n": n, "low": low, "high": high})
    low, high = confint_proportions_2indep(0, 12, 0, 20, method="newcomb", compare="diff")
    return {"wilson": cases, "newcombe": {"after": [0, 12], "before": [0, 20], "low": low, "high": high}}


def main():
    rng = np.random.default_rng(20260214)
    calm, tense = [2.0, 2.0, 1.0, 3.0], [1.0, 1.5, 3.0, 2.0]
    fixtures = {
        "made_by": "scripts/make_statistics_fixtures.py",
        "quantiles": quantiles(rng),
        "false_discovery_rates": false_discovery_rates(rng),
        "comparisons": [
            comparison(rng, articles(rng, 5, calm), articles(rng, 4, tense), exact=True),
            comparison(rng, articles(rng, 4, calm), articles(rng, 8, calm), exact=True),
            comparison(rng, articles(rng, 30, calm), articles(rng, 22, tense), exact=False),
        ],
        "prediction_powered": prediction_powered(rng),
        "ppi_py": against_ppi_py(rng),
        "welch": welch(rng),
        "rare": rare_stances(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
