package dev.isobar.gcp.storage;

import com.google.cloud.storage.BucketInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where a bucket keeps its objects.
 *
 * @see <a href="https://cloud.google.com/storage/docs/locations">bucket locations</a>
 */
final class Places {
    /** What the names of a continent's regions begin with, by the multi-region's name. */
    private static final Map<String, String> CONTINENTS = Map.of("US", "us-", "EU", "europe-", "ASIA", "asia-");

    /** The dual-regions that have names. */
    private static final Map<String, List<String>> PAIRS = Map.of(
            "ASIA1", List.of("asia-northeast1", "asia-northeast2"),
            "EUR4", List.of("europe-north1", "europe-west4"),
            "EUR5", List.of("europe-west1", "europe-west2"),
            "EUR7", List.of("europe-west2", "europe-west3"),
            "EUR8", List.of("europe-west3", "europe-west6"),
            "NAM4", List.of("us-central1", "us-east1"));

    private Places() {}

    /** Whether the bucket is in that region, or in several of which it is one. A place that is not known is taken to be right. */
    static boolean covers(BucketInfo bucket, String region) {
        String location = bucket.getLocation();
        if (location == null) {
            return true;
        }
        BucketInfo.CustomPlacementConfig placement = bucket.getCustomPlacementConfig();
        if (placement != null && placement.getDataLocations() != null) {
            List<String> regions = new ArrayList<>(placement.getDataLocations());
            return regions.stream().anyMatch(region::equalsIgnoreCase);
        }
        String known = location.toUpperCase(Locale.ROOT);
        if (CONTINENTS.containsKey(known)) {
            return region.startsWith(CONTINENTS.get(known));
        }
        if (PAIRS.containsKey(known)) {
            return PAIRS.get(known).contains(region);
        }
        return known.indexOf('-') < 0 || known.equalsIgnoreCase(region);
    }
}
