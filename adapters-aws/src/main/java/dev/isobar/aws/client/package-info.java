/**
 * What every service's package shares: configured SDK clients with the instance's own identity, the making of DynamoDB tables, and the one table from AWS's errors
 * to Isobar's codes.
 * Nothing about a particular port may come in here.
 */
@NullMarked
package dev.isobar.aws.client;

import org.jspecify.annotations.NullMarked;
