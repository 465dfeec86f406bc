"""The same seed gives the same draws, on every machine and with every numpy."""

from venule.replay.draws import Draws


def test_a_seed_gives_these_very_numbers():
    expected = [0.421912227382107, 0.6630472950941543, 0.14106823458886975]

    assert expected == Draws(20140514, 3).uniform(3).tolist()
    assert [2, 4, 5, 0, 3, 1] == Draws(1).order(6).tolist()


def test_streams_differ_and_seeds_differ():
    seen = {tuple(Draws(*name).uniform(2)) for name in [(1,), (2,), (1, 1), (1, 2), (2, 1)]}

    assert 5 == len(seen)


def test_shapes():
    draws = Draws(5)
    uniform, bell, waits = draws.uniform(50_000), draws.bell(50_000), draws.exponential(50_000)

    assert 0 <= uniform.min() < uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01
    assert abs(bell.mean()) < 0.02
    assert abs(bell.std() - 1) < 0.02
    assert abs(waits.mean() - 1) < 0.02


def test_order_is_a_permutation():
    assert list(range(100)) == sorted(Draws(9).order(100).tolist())
    assert list(range(100)) != Draws(9).order(100).tolist()
