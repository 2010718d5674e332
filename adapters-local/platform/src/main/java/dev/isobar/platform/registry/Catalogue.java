package dev.isobar.platform.registry;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What a service's own registry does for a {@link RecordedRegistry}. All methods are thread safe; their errors are in Isobar's words. */
public interface Catalogue {
    /**
     * The number of a version that carries this model's digest: one that is there, or a new one. Several may ask at once, and each may be given one of its own.
     *
     * @param record lake key of what is recorded of the digest, for people who look at the console
     * @param instead token of the record that has lost its version; empty for none. Who repeats this call is told to make the same, with another token another one
     */
    int make(ModelPackage model, String record, String instead);

    /** The digest of a version that is there. */
    Optional<String> digest(String group, int version);

    /** Numbers of the versions that are there; none for a group that is not. */
    Set<Integer> versions(String group);

    /** Removes a version that lost to another of its digest; one that is gone is fine. */
    void remove(String group, int version);

    /** Shows people who look at the console where an alias, which is set already, points now. What fails here is logged and changes nothing. */
    void show(String group, String alias, int version, OptionalInt before);

    /** Removes a group with its versions; one that is gone is fine. */
    void delete(String group);

    /** Names of groups, sorted. */
    List<String> groups();

    /** Groups as they stand with the service. */
    List<Resource> resources();

    /** Begins an error of this registry. */
    IsobarException.Builder error(ErrorCode code, String operation, String resource, String message);
}
