"""The geometry of a goal's chart."""

from datetime import date, timedelta

from grace_workers.entrypoints.dashboard.forecast import TALL, WIDE, forecast

FIRST = date(2026, 11, 1)


def day(number, value, within_80=None, within_95=None):
    return {
        "day": (FIRST + timedelta(days=number)).isoformat(),
        "value": value,
        "within_80": within_80,
        "within_95": within_95,
    }


def points(text):
    return [tuple(float(one) for one in pair.split(",")) for pair in text.split()]


def test_a_goal_with_a_single_day_has_no_chart():
    assert forecast({"past": [day(0, 0.5)], "ahead": []}, 0.9, share=True) is None


def test_the_days_go_from_edge_to_edge_and_the_forecast_begins_where_the_past_ends():
    past = [day(0, 0.80), day(1, 0.84), day(2, 0.82)]
    ahead = [day(3, 0.86, [0.84, 0.88], [0.82, 0.90]), day(4, 0.88, [0.85, 0.91], [0.81, 0.95])]
    drawn = forecast({"past": past, "ahead": ahead}, 0.9, share=True)
    assert [x for x, _ in points(drawn.past)] == [0.0, 150.0, 300.0]
    assert points(drawn.ahead)[0] == points(drawn.past)[-1]
    assert points(drawn.ahead)[-1][0] == WIDE
    assert drawn.today == 300.0
    assert (drawn.first, drawn.last) == (FIRST, FIRST + timedelta(days=4))


def test_an_interval_is_an_area_that_encloses_the_narrower_one_and_fits_the_chart():
    ahead = [day(2, 0.8, [0.7, 0.9], [0.6, 0.95]), day(3, 0.8, [0.6, 0.95], [0.4, 1.0])]
    drawn = forecast({"past": [day(0, 0.8), day(1, 0.8)], "ahead": ahead}, 0.9, share=True)
    narrow, wide = points(drawn.within_80), points(drawn.within_95)
    assert len(narrow) == len(wide) == 6
    assert min(y for _, y in wide) <= min(y for _, y in narrow)
    assert max(y for _, y in wide) >= max(y for _, y in narrow)
    assert all(0 <= y <= TALL for _, y in wide)
    assert (drawn.low < 0.4, drawn.high) == (True, 1.0)


def test_days_that_never_change_still_have_a_height():
    drawn = forecast({"past": [day(0, 50), day(1, 50)], "ahead": []}, 50, share=False)
    assert drawn.low < 50 < drawn.high
    assert drawn.within_80 == drawn.within_95 == ""
    assert 0 < drawn.objective < TALL
