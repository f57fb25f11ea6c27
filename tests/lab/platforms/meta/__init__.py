"""What the fakes of Messenger and Instagram share: the Graph API of apps, Pages and the accounts behind them."""
