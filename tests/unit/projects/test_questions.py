from __future__ import annotations

import pytest

from funchost.projects.questions import CONNECTION, PATH, QUEUE, SCHEDULE, Question


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SCHEDULE, "*/5 * * * *"),
        (SCHEDULE, "00:05:00"),
        (SCHEDULE, "%WHEN%"),
        (PATH, "container/{folder}/{name}.txt"),
        (PATH, "container"),
        (PATH, "%CONTAINER%/{name}"),
        (QUEUE, "orders-%STAGE%"),
        (QUEUE, "Orders"),
        (CONNECTION, "Shop__Storage"),
    ],
)
def test_answers_that_can_be_used(question: Question, answer: str) -> None:
    question.check(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SCHEDULE, "often"),
        (SCHEDULE, "0 61 * * * *"),
        (PATH, "/name"),
        (PATH, "container/{na me}"),
        (PATH, 'con"tainer/x'),
        (QUEUE, "a"),
        (QUEUE, "with_underscore"),
        (CONNECTION, "DefaultEndpointsProtocol=https;AccountKey=x"),
        (CONNECTION, ""),
    ],
)
def test_answers_that_cannot(question: Question, answer: str) -> None:
    with pytest.raises(ValueError):
        question.check(answer)
