/**
 * The Google Cloud adapter beside loops on Google's own clients that do no more than they must: Pub/Sub and Cloud Storage, against a responder of its own process
 * whose answers are canned. No judgement of the figures; that is the driver's.
 */
@NullMarked
package dev.isobar.benchmarks.gcp;

import org.jspecify.annotations.NullMarked;
