/**
 * The supervisor: one small process per ISOBAR_HOME that makes endpoints what their files say, keeps replicas alive and hosts the routers.
 * It learns what is wanted from files only and says what it sees in files only, so that anybody may die at any time.
 */
@NullMarked
package dev.isobar.local.supervisor;

import org.jspecify.annotations.NullMarked;
