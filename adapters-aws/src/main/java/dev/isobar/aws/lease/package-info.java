/**
 * Where the groups that read a stream stand and who may say so: one DynamoDB table of our own. Knows partitions and ordered texts, not Kinesis; no
 * other service's package may come in.
 */
@NullMarked
package dev.isobar.aws.lease;

import org.jspecify.annotations.NullMarked;
