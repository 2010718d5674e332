package dev.isobar.gcp.bigtable;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.FailedPreconditionException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.PermissionDeniedException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.bigtable.OnlineTable.Keyed;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Online state in one Bigtable table, {@code PREFIX-online}, made when the first namespace is acquired.
 *
 * <p>What it costs: a {@code putAll} is one request for the states, one more per 20 MB, and one for the header; a key that this store object has not
 * written since it acquired the namespace is read, without its state, before it is written. A {@code getAll} is one request for 1,000 keys, and one more the first
 * time, after each {@code putAll} of somebody else, and if a key is just being written for the first time. Every read of a namespace reads its header, a row of
 * some hundred bytes: what one node of Bigtable reads of one row a second bounds a namespace's reads.
 *
 * <p>All requests must go to one cluster, in which single-row transactions are atomic and reads see what was written: the application profile decides that.
 */
public final class BigtableOnlineStore implements OnlineStore {
    /**
     * What one {@code putAll} takes. A row's key is at most 4 KB, and a row should not have more than 100 MB: the state, the one before and the one to
     * come.
     */
    public static final StateLimits LIMITS = new StateLimits(Integer.MAX_VALUE, 3_900, 32L << 20, 256L << 20);

    private static final int PAGE = 1_000;

    private final Bigtable bigtable;
    private final OnlineTable table;
    private final StateReader reader;
    private final NamespaceWriter.Pace pace;
    private final ConcurrentMap<String, NamespaceWriter> writers = new ConcurrentHashMap<>();

    /**
     * The store of an adapter instance; asks for nothing yet.
     *
     * @param prefix first part of the table's name
     */
    public BigtableOnlineStore(Bigtable bigtable, String prefix) {
        this(bigtable, prefix, NamespaceWriter.Pace.USUAL);
    }

    BigtableOnlineStore(Bigtable bigtable, String prefix, NamespaceWriter.Pace pace) {
        this.bigtable = bigtable;
        this.table = new OnlineTable(bigtable, prefix + "-online");
        this.reader = new StateReader(table);
        this.pace = pace;
    }

    @Override
    public long acquire(String namespace, String owner) {
        // Not 1: should somebody remove the table, tokens from before it must not be given again.
        return call("acquire", namespace, () -> writer(namespace).acquire(owner, System.currentTimeMillis()));
    }

    @Override
    public Optional<KeyState> get(String namespace, String key) {
        return Optional.ofNullable(getAll(namespace, List.of(key)).get(0));
    }

    @Override
    public List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
        return call("getAll", namespace, () -> reader.read(namespace, keys));
    }

    @Override
    public List<Long> putAll(String namespace, long token, List<StatePut> puts) {
        LIMITS.check(bigtable.adapter(), namespace, puts);
        return translated("putAll", namespace, () -> writer(namespace).putAll(token, puts));
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        OnlineStore.checkKeys(bigtable.adapter(), namespace, limit);
        return translated("keys", namespace, () -> {
            Header header = table.header(namespace);
            List<String> keys = new ArrayList<>();
            if (header == null || !header.live()) {
                return keys;
            }
            Layout layout = new Layout(namespace, header.incarnation());
            String from = after;
            List<Keyed> page;
            do {
                int size = Math.min(PAGE, limit - keys.size());
                page = table.page(layout, from, size);
                Header later = null;
                for (Keyed each : page) {
                    from = each.key();
                    boolean there = each.row().visible(header) != null;
                    if (!there) {
                        // Not yet, or two commits after that header.
                        later = later == null ? table.header(namespace) : later;
                        there = later != null
                                && later.incarnation() == header.incarnation()
                                && each.row().visible(later) != null;
                    }
                    if (there && !each.key().equals(header.erasing())) {
                        keys.add(each.key());
                    }
                }
                page = page.size() < size ? List.of() : page;
            } while (!page.isEmpty() && keys.size() < limit);
            return keys;
        });
    }

    @Override
    public boolean erase(String namespace, String key) {
        return call("erase", namespace, () -> writer(namespace).erase(key));
    }

    @Override
    public List<String> namespaces(String prefix) {
        return translated(
                "namespaces",
                prefix,
                () -> table.headers(prefix).stream()
                        .filter(Header::live)
                        .map(Header::name)
                        .toList());
    }

    @Override
    public void delete(String namespace) {
        call("delete", namespace, () -> {
            writer(namespace).delete();
            return true;
        });
    }

    /** The namespaces, as a status lists them. */
    public List<Resource> resources() {
        return namespaces("").stream()
                .map(name -> new Resource(
                        "namespace",
                        name,
                        bigtable.instance() + "/" + table.name() + "/" + name,
                        "ready",
                        null,
                        Map.of()))
                .toList();
    }

    private NamespaceWriter writer(String namespace) {
        return writers.computeIfAbsent(namespace, name -> new NamespaceWriter(table, name, pace));
    }

    private <T> T call(String operation, String namespace, Supplier<T> body) {
        OnlineStore.checkNamespace(bigtable.adapter(), operation, namespace);
        return translated(operation, namespace, body);
    }

    private <T> T translated(String operation, String resource, Supplier<T> body) {
        try {
            return body.get();
        } catch (NotFoundException e) {
            throw hinted(
                    e,
                    ErrorCode.NOT_FOUND,
                    operation,
                    resource,
                    "The Bigtable instance " + bigtable.instance()
                            + " must exist: `gcloud bigtable instances create`, or name another one in bigtable.instance.");
        } catch (FailedPreconditionException e) {
            throw hinted(
                    e,
                    ErrorCode.INVALID_CONFIGURATION,
                    operation,
                    resource,
                    "Name an application profile with single-cluster routing and single-row transactions in bigtable.app-profile: `gcloud bigtable app-profiles create --route-to=CLUSTER --transactional-writes`.");
        } catch (PermissionDeniedException e) {
            throw hinted(
                    e,
                    ErrorCode.PERMISSION_DENIED,
                    operation,
                    resource,
                    "Give the identity of this adapter instance roles/bigtable.user on the instance "
                            + bigtable.instance()
                            + ", and roles/bigtable.admin if it is to make the table; bigtable.googleapis.com must be enabled.");
        } catch (ApiException e) {
            throw GcpErrors.translate(e, bigtable.adapter(), "OnlineStore", operation, resource);
        } catch (IsobarException e) {
            throw e.located(bigtable.adapter(), "OnlineStore", operation, resource);
        }
    }

    private IsobarException hinted(ApiException e, ErrorCode code, String operation, String resource, String hint) {
        return IsobarException.of(code, "Bigtable answered: " + e.getMessage())
                .adapter(bigtable.adapter())
                .at("OnlineStore", operation)
                .resource(resource)
                .hint(hint)
                .cause(e)
                .build();
    }
}
