from __future__ import annotations

import pytest

from funchost.app.function_app import Model
from funchost.errors import FuncHostError
from funchost.projects.function_name import check_function_name
from funchost.projects.templates import NOT_SERVED, SERVED, Template, find_template, not_served, served

V1, V2 = Model.FUNCTION_JSON, Model.DECORATORS


@pytest.mark.parametrize(
    ("name", "model", "found"),
    [
        ("http TRIGGER", V2, "HTTP trigger"),
        ("HttpTrigger", V1, "HTTP trigger"),
        ("Timer trigger", V2, "Timer Trigger"),
        ("Azure Queue Storage trigger", V2, "Queue trigger"),
        ("queue trigger", V1, "Azure Queue Storage trigger"),
        ("Azure Blob Storage Trigger (using Event Grid)", V1, "Azure Blob Storage Trigger (using Event Grid)"),
    ],
)
def test_templates_are_found_in_any_case_and_by_the_name_in_the_other_model(
    name: str, model: Model, found: str
) -> None:
    template = find_template(name, model)
    assert (template.name, template.model) == (found, model)


@pytest.mark.parametrize("model", Model)
def test_what_does_not_run_yet_is_an_error_that_names_the_bindings(model: Model) -> None:
    for bindings, names in NOT_SERVED[model].items():
        for name in names:
            with pytest.raises(FuncHostError) as caught:
                find_template(name.upper(), model)
            assert f"does not run its bindings ({bindings})" in caught.value.message


def test_an_unknown_template_names_those_that_there_are() -> None:
    with pytest.raises(FuncHostError) as caught:
        find_template("Quantum trigger", V2)
    assert caught.value.message == 'Can\'t find template "Quantum trigger" in "python".'
    assert caught.value.hint is not None
    assert "Timer Trigger" in caught.value.hint


def test_no_template_is_both_runnable_and_not() -> None:
    for model in Model:
        names = {template.name.lower() for template in served(model)}
        assert not names & {name.lower() for name in not_served(model)}


@pytest.mark.parametrize("template", SERVED, ids=lambda template: f"{template.model.value}-{template.kind}")
def test_defaults_can_be_used(template: Template) -> None:
    check_function_name(template.default_function, template.model)
    for question in template.questions:
        question.check(question.default)


def test_a_misspelt_name_gets_the_nearest_as_advice() -> None:
    with pytest.raises(FuncHostError) as caught:
        find_template("Http triger", Model.DECORATORS)
    assert str(caught.value.hint).startswith('Did you mean "HTTP trigger"? There are: HTTP trigger, ')
