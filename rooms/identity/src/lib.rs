//! People and professionals: INS life cycle, accounts, sign-in, OpenID provider.
