"""A toy environment: a bank with accounts, whose calls change its state."""

import json


class Bank:
    def __init__(self, accounts):
        self.accounts = dict(accounts)

    def __call__(self, name, arguments):
        return getattr(self, f"do_{name}")(**arguments)

    def do_balance(self, account):
        return {"account": account, "balance": self.accounts[account]}

    def do_transfer(self, source, target, amount):
        if amount > self.accounts[source]:
            raise ValueError("not enough money")
        self.accounts[source] -= amount
        self.accounts[target] += amount
        return "transferred"

    def state(self):
        return self.accounts


def opened(start):
    """The environment of a record."""
    return Bank(start["state"] or {"a": 10, "b": 0})


def recorded(calls, accounts=None):
    """A conversation of calls with the results that the bank gives, and the state that it is left in."""
    bank, steps = Bank(accounts or {"a": 10, "b": 0}), []
    for at, (name, arguments) in enumerate(calls):
        steps.append(
            {
                "role": "assistant",
                "tool_calls": [{"id": str(at), "function": {"name": name, "arguments": json.dumps(arguments)}}],
            }
        )
        try:
            result = bank(name, arguments)
        except Exception as error:
            result = f"Error: {error}"
        content = result if isinstance(result, str) else json.dumps(result)
        steps.append({"role": "tool", "tool_call_id": str(at), "content": content})
    return steps, bank.state()
