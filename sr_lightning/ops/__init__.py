"""Operations on image tensors."""
