"""Form fields: label, hint and error belong to their control, and dates survive a round trip."""

from datetime import date

import pytest
from django import forms
from django.template import Context, Template
from lxml import html

from .gallery import GalleryForm


def field(form: forms.Form, name: str, extra: str = "") -> html.HtmlElement:
    source = Template("{% field f " + extra + " %}").render(Context({"f": form[name]}))
    return html.fragment_fromstring(source.strip())


def described(element: html.HtmlElement, control: html.HtmlElement) -> str:
    ids = control.get("aria-describedby", "").split()
    return " ".join(element.get_element_by_id(one).text_content() for one in ids)


def test_hint_and_error_are_read_with_the_control() -> None:
    element = field(GalleryForm({}), "name")
    control = element.get_element_by_id("id_name")
    assert described(element, control) == "As it stands on your insurance card. Error: This field is required."
    assert control.get("aria-invalid") == "true"
    assert element.xpath("//label[@for='id_name']/text()") == ["Full name"]


def test_optional_fields_say_so() -> None:
    assert "(optional)" in field(GalleryForm(), "letter").text_content()
    assert "(optional)" not in field(GalleryForm(), "name").text_content()


def test_choices_are_a_group_with_a_legend() -> None:
    element = field(GalleryForm({"why": "some"}), "why")
    assert element.tag == "fieldset"
    assert element.find("legend").text_content().strip() == "What do you need?"
    assert element.xpath(".//input[@checked]/@value") == ["some"]
    assert all(element.xpath(f".//label[@for='{one}']") for one in element.xpath(".//input/@id"))


@pytest.mark.parametrize(
    ("month", "day", "year", "good"),
    [("4", "28", "1986", True), ("04", "28", "1986", True), ("13", "2", "1986", False), ("May", "2", "1986", False)],
)
def test_date_of_three_boxes(month: str, day: str, year: str, good: bool) -> None:
    form = GalleryForm({"birth_date_month": month, "birth_date_day": day, "birth_date_year": year})
    form.is_valid()
    assert ("birth_date" not in form.errors) is good
    if good:
        assert form.cleaned_data["birth_date"] == date(1986, 4, 28)
    element = field(form, "birth_date")
    assert element.xpath(".//input/@value") == [month, day, year]
    assert element.xpath(".//input/@autocomplete") == ["bday-month", "bday-day", "bday-year"]


def test_date_shows_what_is_known_already() -> None:
    element = field(GalleryForm(initial={"birth_date": date(1986, 4, 28)}), "birth_date")
    assert element.xpath(".//input/@value") == ["4", "28", "1986"]


def test_one_question_on_a_page_is_its_heading() -> None:
    element = field(GalleryForm(), "why", "big=True")
    assert element.xpath(".//legend/h1/text()") == ["What do you need?"]


def test_summary_links_each_problem_to_its_first_control() -> None:
    source = Template("{% errorsummary f %}{% fields f %}").render(
        Context({"f": GalleryForm({"birth_date_month": "13"})})
    )
    page = html.fragment_fromstring(source, create_parent="div")
    targets = [link.removeprefix("#") for link in page.xpath(".//div[@role='alert']//a/@href")]
    assert targets == ["id_name", "id_birth_date_month", "id_why_0", "id_state", "id_agree"]
    assert all(page.get_element_by_id(target).tag in {"input", "select"} for target in targets)


@pytest.mark.parametrize("form", [GalleryForm(), "", None])
def test_no_summary_without_a_problem(form: object) -> None:
    assert Template("{% errorsummary f %}").render(Context({"f": form})).strip() == ""


def test_placeholders_are_left_out() -> None:
    class Form(forms.Form):
        email = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "E-mail"}))

    assert "placeholder" not in html.tostring(field(Form(), "email")).decode()
