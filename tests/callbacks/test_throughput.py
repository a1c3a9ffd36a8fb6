"""Logged training speed and waiting time for data."""

from sr_lightning.callbacks import Speed


def test_speed_and_data_wait_are_means_since_the_last_logging_step_without_validations():
    """A simulated clock: 3 s for each batch, 1 s for each iteration, 100 s for each validation, also the first."""
    now = 0.0
    speed = Speed(clock=lambda: now)
    logged = []

    class Module:
        def log(self, name, value):
            logged.append((name, value))

    class Run:
        global_step, log_every_n_steps = 0, 2

    now += 50
    speed.on_validation_start(Run, Module())
    now += 100
    speed.on_validation_end(Run, Module())
    speed.on_train_start(Run, Module())
    for iteration in range(1, 5):
        now += 3
        speed.on_train_batch_start(Run, Module(), None, 0)
        now += 1
        Run.global_step = iteration
        speed.on_train_batch_end(Run, Module(), None, None, 0)
        if iteration == 3:
            speed.on_validation_start(Run, Module())
            now += 100
            speed.on_validation_end(Run, Module())
    assert logged == [("speed/iterations_per_second", 0.25), ("speed/data_wait", 0.75)] * 2
