"""What the arguments of primitives must be."""


def check_stride(stride):
    """Raises a `ValueError` for a stride that no cell has."""
    if stride not in (1, 2):
        raise ValueError(f"`stride` must be 1 or 2. Received: stride={stride}")


def check_kernel_size(kernel_size):
    """Raises a `ValueError` for a kernel without a middle."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            "`kernel_size` must be odd, so that its padding is symmetric. "
            f"Received: kernel_size={kernel_size}"
        )
