"""What many clients saw of two replicas while everything under them failed, held to the contract.

`clients` do random work and write down every call (`records`), a `schedule` of faults runs
meanwhile, and `checking` looks through what was written down; it knows nothing of the service. All
chance comes from one seed. By hand: `python -m tests.faults.history --seconds 1800 --seed 7`.
"""
