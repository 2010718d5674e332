/** What can be said of the tables without a service behind them. */
@NullMarked
package dev.isobar.aws.athena;

import org.jspecify.annotations.NullMarked;
