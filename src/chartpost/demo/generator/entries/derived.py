"""Results that laboratories calculate from other results."""

from collections.abc import Callable

from chartpost.demo.generator.chart import Chart


def estimated_gfr(creatinine: float, age: float, gender: str) -> float:
    """Filtration rate in mL/min/1.73 m2 from creatinine in mg/dL (CKD-EPI 2021, Inker and others)."""
    kappa, alpha, factor = (0.7, -0.241, 1.012) if gender == "female" else (0.9, -0.302, 1.0)
    ratio = creatinine / kappa
    rate: float = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age * factor
    return rate


def derive(chart: Chart, age: float, values: dict[str, float]) -> dict[str, float]:
    """The same results with the calculated ones made to agree with what they come from."""
    rules: dict[str, tuple[tuple[str, ...], Callable[[dict[str, float]], float]]] = {
        "hematocrit": (("hemoglobin",), lambda given: 3 * given["hemoglobin"]),
        "total-cholesterol": (
            ("hdl", "ldl", "triglycerides"),
            lambda given: given["hdl"] + given["ldl"] + given["triglycerides"] / 5,
        ),
        "egfr": (("creatinine",), lambda given: estimated_gfr(given["creatinine"], age, chart.profile.gender)),
    }
    calculated = {
        name: rule(values) for name, (sources, rule) in rules.items() if all(one in values for one in sources)
    }
    return values | {name: value for name, value in calculated.items() if name in values}
