/**
 * The AWS adapter beside loops on the SDK that do no more than they must: Kinesis and S3, against a responder of its own process whose answers are canned.
 * No judgement of the figures; that is the driver's.
 */
@NullMarked
package dev.isobar.benchmarks.aws;

import org.jspecify.annotations.NullMarked;
