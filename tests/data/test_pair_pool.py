"""The pool of degraded pairs returns every pair once."""

import torch

from sr_lightning.data.batch import Batch
from sr_lightning.data.pair_pool import PairPool


def test_every_pair_is_returned_once_or_still_in_the_pool():
    """Pairs stay aligned, and batches are returned unchanged until the pool is full."""
    pool, out, mixed = PairPool(10, seed=0), [], 0
    for iteration in range(12):
        image = torch.arange(4) + 4 * iteration
        lr, hr = (
            image.float().mul(factor).div(255).view(4, 1, 1, 1).expand(4, 3, s, s) for factor, s in ((1, 2), (2, 4))
        )
        batch = pool.exchange(Batch(lr, hr, image), iteration)
        assert torch.equal(batch.hr[:, :, :2, :2], batch.lr * 2)
        torch.testing.assert_close(batch.lr[:, 0, 0, 0] * 255, batch.image.float())
        assert (batch.image is image) == (iteration < 2)
        mixed += len(set(batch.image.tolist()) - set(range(4 * iteration - 8, 4 * iteration))) > 0
        out += batch.image.tolist() if iteration >= 2 else []
    assert sorted(out + pool.pairs["image"].tolist()) == list(range(48))
    assert mixed > 4
    assert pool.pairs["hr"].dtype == torch.uint8
