import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.agent.tstr import Tstr
from tests.operators.agent.agent_given import batch_of

NAME = "agent.tstr"


def side(sequences):
    return Tstr().fold(batch_of(NAME, calls=[[{"name": name} for name in sequence] for sequence in sequences]))


def episodes(seed, n, follow):
    """Episodes of a made-up agent: after each action comes the one that ``follow`` says, nine times in ten."""
    rng, made = random.Random(seed), []
    for _ in range(n):
        action, episode = rng.choice("abcd"), []
        while len(episode) < 3 or rng.random() < 0.9:
            episode.append(action)
            action = follow[action] if rng.random() < 0.9 else rng.choice("abcd")
        made.append(episode)
    return made


CYCLE, OTHER = dict(zip("abcd", "bcda", strict=True)), dict(zip("abcd", "dabc", strict=True))


def test_the_same_agent_teaches_the_same():
    value = Tstr().compare(side(episodes(1, 120, CYCLE)), side(episodes(2, 120, CYCLE)), side(episodes(3, 120, CYCLE)))
    assert abs(value.value) < 0.03
    assert value.low <= 0.03
    assert value.high >= -0.03
    assert value.parts["real"].value > 0.7  # nine in ten actions are foreseeable, the ends are not
    assert value.parts["commonest"].value < 0.35


def test_another_agent_teaches_something_else():
    value = Tstr().compare(side(episodes(1, 120, OTHER)), side(episodes(2, 120, CYCLE)), side(episodes(3, 120, CYCLE)))
    assert value.low > 0.5
    assert value.value == pytest.approx(value.parts["real"].value - value.parts["data"].value)


def test_noise_costs_more_the_more_there_is_of_it():
    rng = random.Random(4)
    gaps = []
    for share in (0.0, 0.6):
        data = episodes(1, 120, CYCLE)
        noisy = [[rng.choice("abcd") if rng.random() < share else action for action in episode] for episode in data]
        gaps.append(Tstr().compare(side(noisy), side(episodes(2, 120, CYCLE)), side(episodes(3, 120, CYCLE))).value)
    assert gaps[0] < 0.05 < gaps[1]


def test_without_a_holdout_half_of_the_reference_tests():
    value = Tstr().compare(side(episodes(1, 120, CYCLE)), side(episodes(2, 240, CYCLE)))
    assert abs(value.value) < 0.05
    assert Tstr().compare(side(["ab"]), side(["ab"])).reason.startswith("no episode to learn from")


def test_one_action_and_actions_never_seen():
    ones = [["a"] * n for n in range(1, 30)]
    assert Tstr().compare(side(ones), side(ones), side(ones)).value == 0.0
    others = [["x", "y"] * n for n in range(1, 30)]
    value = Tstr().compare(side(others), side(ones), side(ones))
    assert value.parts["data"].value == 0.0
    assert value.value == value.parts["real"].value


def told(train, test):
    """The share of actions that are told right, by counting anew for each of them."""
    hits, n = 0, 0
    runs = [["start", *one, "end"] for one in train]
    for one in test:
        actions = ["start", *one, "end"]
        for at in range(1, len(actions)):
            for length in (3, 2, 1, 0):
                before = actions[max(0, at - length) : at]
                places = [(run, i) for run in runs for i in range(1, len(run)) if run[max(0, i - len(before)) : i] == before]
                if not before or len(places) > 1:
                    break
            after = Counter(run[i] for run, i in places)
            hits += actions[at] == min(after, key=lambda action: (-after[action], action.replace("end", "(end)")))
            n += 1
    return hits / n


sequences = st.lists(st.text(alphabet="abc", min_size=1, max_size=5), min_size=1, max_size=8)


@given(sequences)
@settings(deadline=None, max_examples=40)
def test_a_policy_is_the_longest_run_that_was_met_twice(data):
    asked = [*(f"{at}" for at in range(10)), "ab", "abc", "cab", "bca"]
    value = Tstr().compare(side(data * 2), side(data * 2), side(asked))
    assert value.parts["data"].value == pytest.approx(told(data * 2, asked))
    assert value.value == 0.0


def test_records_without_a_call_are_left_out_and_cuts_do_not_matter():
    batch = batch_of(NAME, calls=["[f(), g()]", "[]", None, "f()", "[f(), g()]"])
    metric = Tstr()
    whole = metric.fold(batch)
    assert metric.fold(batch[:2]) + metric.fold(batch[2:]) == whole
    assert whole["skipped"]["no call"] == 2
    assert sorted(text for *_, text in whole["episodes"].entries) == ['["f", "g"]', '["f"]']
