"""The demo photographs of scikit-image."""

from sr_lightning.data import demo_train, validation


def test_demo_photographs_exist_and_validation_is_held_out():
    train, held_out = demo_train(), validation(None)
    assert [path.stem for path in held_out.hr] == ["chelsea", "coffee"]
    assert {"astronaut", "rocket"} <= {path.stem for path in train.hr}
    assert not set(train.hr) & set(held_out.hr)
    assert all(path.is_file() for path in [*train.hr, *held_out.hr])
