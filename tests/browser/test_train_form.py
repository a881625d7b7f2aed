"""The form of the Train page: what browsers would keep to themselves is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from train_page import TrainPage

from tests.browser.conftest import App


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


def test_a_pasted_name_is_cut_and_numbers_of_any_size_are_told(app: App, page: Page) -> None:
    train = TrainPage(page, app.url, app.store)
    train.open()
    start = page.get_by_role("button", name="Start", exact=True)
    train.fill(name="n" * 100, training_steps=99999999999999999999)
    problem = page.locator(".st-key-train-problem")
    expect(problem).to_contain_text(
        "Steps (under Finer settings): expected 0 to 1,000,000,000, found 1000"
    )
    expect(start).to_be_disabled()
    train.fill(training_steps=1_200_000)
    expect(problem).to_be_hidden()
    expect(start).to_be_enabled()
    page.get_by_role("button", name="Finer settings").click()
    expect(page.locator(".st-key-train_name input")).to_have_value("n" * 80)
    expect(page.locator(".st-key-train_training_steps input")).to_have_value("1200000")
    page.locator(".st-key-train_training_steps").get_by_role("button").last.click()
    expect(page.locator(".st-key-train_training_steps input")).to_have_value("1200001")
