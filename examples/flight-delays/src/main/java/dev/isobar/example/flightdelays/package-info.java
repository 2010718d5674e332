/**
 * A complete pipeline on real flights: will this departure be late?
 * Streams, features, training, a champion and its successor, in the words of core-api.
 * Nothing that names a target comes in; where it runs is one word on the command line.
 */
@NullMarked
package dev.isobar.example.flightdelays;

import org.jspecify.annotations.NullMarked;
