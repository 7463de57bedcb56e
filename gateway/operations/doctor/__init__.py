"""``gateway doctor``: the usual mistakes of a set-up, each with what is wrong and what to do."""

from gateway.operations.doctor.examination import Case, examine
from gateway.operations.doctor.findings import Check, Finding, Level
from gateway.operations.doctor.signature import Explanation, LabelledKey, explain

__all__ = ["Case", "Check", "Explanation", "Finding", "LabelledKey", "Level", "examine", "explain"]
