/**
 * Online state on DynamoDB: one table, one header per namespace that every write is conditional on, states in two slots per key. Nothing of
 * another service and no configuration may come in here.
 */
@NullMarked
package dev.isobar.aws.dynamodb;

import org.jspecify.annotations.NullMarked;
