/**
 * What every service's package shares: the instance's own identity as credentials for Google's clients, where those find their service, and the one table from
 * Google's errors to Isobar's codes.
 * Nothing about a particular port may come in here.
 */
@NullMarked
package dev.isobar.gcp.client;

import org.jspecify.annotations.NullMarked;
