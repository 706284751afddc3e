// Package book keeps in a database what the consoles must not forget: the bank's
// list, what each box said last, events, statuses over time, commands and what
// became of them, marks of people, and who is signed in.
//
// SQLite (one file) is the default, PostgreSQL is chosen by the address alone;
// the SQL is the same for both. What boxes say is written once a second in one
// transaction, so that every commit can afford to wait for the disk; what people
// do is written at once. Several consoles may share a PostgreSQL database: each
// reads what the others wrote by a number that rises with every transaction.
package book
