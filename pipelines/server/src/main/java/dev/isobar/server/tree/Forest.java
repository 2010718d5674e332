package dev.isobar.server.tree;

import java.util.Arrays;

/**
 * Trees compiled for evaluation. Up to eight neighbours of a depth of at most {@value #DEEPEST_PADDED} make a block: each is padded to a complete tree of the
 * block's depth, and all are walked side by side without a branch on data, so that their cache misses and latencies overlap. Node by node in heap order the
 * eight stand next to each other, so that where to go next takes one constant for all of them and they fit the processor's registers. A deeper tree stands alone, with explicit children. Leaves are added one by one in the order of the trees, in float32, as XGBoost does.
 *
 * <p>A comparison of floats is one of integers here. A value becomes a key of 63 bits: its order-preserving bits above, ones below; a node is its
 * threshold's bits above and the slot of its key below. So {@code key - node} is negative exactly if {@code value < threshold}. Each feature has
 * two slots, alike except for a missing value, which goes right in the first and left in the second. Immutable and thread safe.
 */
final class Forest {
    static final int MISSING_LEFT = 1 << 31;
    /** Features beyond this have no room in a node. */
    static final int MOST_FEATURES = 1 << 28;

    private static final int DEEPEST_PADDED = 8;
    private static final int SIDE_BY_SIDE = 8;
    private static final long LOW = 0x7fffffffL;

    /** Per block: its depth (less than 0: one deep tree), trees, first node and first leaf. */
    private final byte[] depth;

    private final byte[] width;
    private final int[] nodeAt;
    private final int[] leafAt;

    private final long[] nodes;
    private final float[] leaves;

    private final long[] deepNodes;
    /** Per deep node: the left child, its sibling follows it; 0 for a leaf, because the first node is a root. */
    private final int[] deepChild;

    private final float[] deepLeaf;

    /**
     * @param roots each tree's first node; nodes of one tree follow each other, parents first
     * @param feature with {@link #MISSING_LEFT} where a missing value goes left
     * @param value threshold, or a leaf's value
     * @param child the left child, its sibling follows it; 0 for a leaf
     */
    Forest(int[] roots, int[] feature, float[] value, int[] child) {
        int[] depths = depths(roots, child);
        int trees = roots.length;
        byte[] blockDepth = new byte[trees];
        byte[] blockWidth = new byte[trees];
        int[] blockNode = new int[trees];
        int[] blockLeaf = new int[trees];
        int blocks = 0;
        Padding padding = new Padding(feature, value, child);
        long[] deep = new long[0];
        for (int t = 0; t < trees; blocks++) {
            if (depths[t] > DEEPEST_PADDED) {
                blockDepth[blocks] = -1;
                blockWidth[blocks] = 1;
                blockNode[blocks] = roots[t];
                if (deep.length == 0) {
                    deep = new long[child.length];
                }
                int end = t + 1 < trees ? roots[t + 1] : child.length;
                for (int n = roots[t]; n < end; n++) {
                    deep[n] = child[n] == 0 ? 0 : node(feature[n], value[n]);
                }
                t++;
                continue;
            }
            int most = 0;
            int n = 0;
            while (n < SIDE_BY_SIDE && t + n < trees && depths[t + n] <= DEEPEST_PADDED) {
                most = Math.max(most, depths[t + n++]);
            }
            blockDepth[blocks] = (byte) most;
            blockWidth[blocks] = (byte) n;
            blockNode[blocks] = padding.nodes;
            blockLeaf[blocks] = padding.leaves;
            padding.room(most);
            for (int i = 0; i < SIDE_BY_SIDE; i++) {
                // The last block's missing trees are walked, but not added.
                padding.add(roots[t + Math.min(i, n - 1)], most, i);
            }
            padding.next(most);
            t += n;
        }
        depth = Arrays.copyOf(blockDepth, blocks);
        width = Arrays.copyOf(blockWidth, blocks);
        nodeAt = Arrays.copyOf(blockNode, blocks);
        leafAt = Arrays.copyOf(blockLeaf, blocks);
        nodes = Arrays.copyOf(padding.node, padding.nodes);
        leaves = Arrays.copyOf(padding.leaf, padding.leaves);
        deepNodes = deep;
        deepChild = deep.length == 0 ? new int[0] : child;
        deepLeaf = deep.length == 0 ? new float[0] : value;
    }

    /** How many longs {@link #sum} needs to work with: two for each feature, rounded up to a power of two. */
    static int keys(int features) {
        return 2 * Integer.highestOneBit(Math.max(1, 2 * features - 1));
    }

    /**
     * Adds the leaves that a vector reaches.
     *
     * @param start what to begin with
     * @param keys working memory, exactly {@link #keys} of the vector's length
     */
    float sum(float start, float[] features, long[] keys) {
        for (int f = 0; f < features.length; f++) {
            float x = features[f];
            // 0 is added because -0 is not less than 0, although its bits are.
            long key = ordered(Float.floatToRawIntBits(x + 0f)) << 31 | LOW;
            boolean missing = Float.isNaN(x);
            keys[2 * f] = missing ? Long.MAX_VALUE : key;
            keys[2 * f + 1] = missing ? -1 : key;
        }
        float sum = start;
        for (int b = 0; b < depth.length; b++) {
            int levels = depth[b];
            sum = levels < 0 ? sum + deep(nodeAt[b], keys) : block(b, levels, sum, keys);
        }
        return sum;
    }

    private float block(int b, int levels, float start, long[] keys) {
        long[] node = nodes;
        // Not a check against the length, but a mask: slots are less than that power of two, and the compiler knows
        // that what is masked fits.
        int mask = keys.length - 1;
        int root = nodeAt[b];
        // In block order node h of tree k is at 8 h + k, and its children, 2 h + 1 and 2 h + 2, at twice that place
        // less k, and 8 for left or 16
        // for right. The difference's sign, spread over all bits, is -1 for left.
        int c = 16 - root;
        int i0 = root;
        int i1 = root + 1;
        int i2 = root + 2;
        int i3 = root + 3;
        int i4 = root + 4;
        int i5 = root + 5;
        int i6 = root + 6;
        int i7 = root + 7;
        for (int d = 0; d < levels; d++) {
            long n = node[i0];
            i0 = 2 * i0 + c + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i1];
            i1 = 2 * i1 + c - 1 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i2];
            i2 = 2 * i2 + c - 2 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i3];
            i3 = 2 * i3 + c - 3 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i4];
            i4 = 2 * i4 + c - 4 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i5];
            i5 = 2 * i5 + c - 5 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i6];
            i6 = 2 * i6 + c - 6 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
            n = node[i7];
            i7 = 2 * i7 + c - 7 + 8 * (int) ((keys[(int) n & mask] - n) >> 63);
        }
        // Leaves go on counting where the inner nodes end.
        float[] value = leaves;
        int leaf = leafAt[b] - root - 8 * ((1 << levels) - 1);
        float sum = start + value[leaf + i0];
        switch (width[b]) {
            case 8:
                sum += value[leaf + i1];
                sum += value[leaf + i2];
                sum += value[leaf + i3];
                sum += value[leaf + i4];
                sum += value[leaf + i5];
                sum += value[leaf + i6];
                return sum + value[leaf + i7];
            case 1:
                return sum;
            default:
                return rest(width[b], sum, leaf, i1, i2, i3, i4, i5, i6);
        }
    }

    private float rest(int trees, float start, int leaf, int i1, int i2, int i3, int i4, int i5, int i6) {
        float sum = start + leaves[leaf + i1];
        sum = trees > 2 ? sum + leaves[leaf + i2] : sum;
        sum = trees > 3 ? sum + leaves[leaf + i3] : sum;
        sum = trees > 4 ? sum + leaves[leaf + i4] : sum;
        sum = trees > 5 ? sum + leaves[leaf + i5] : sum;
        return trees > 6 ? sum + leaves[leaf + i6] : sum;
    }

    private float deep(int root, long[] keys) {
        int mask = keys.length - 1;
        int n = root;
        for (int left = deepChild[n]; left != 0; left = deepChild[n]) {
            long node = deepNodes[n];
            n = left + 1 - (int) ((keys[(int) node & mask] - node) >>> 63);
        }
        return deepLeaf[n];
    }

    private static long node(int feature, float threshold) {
        int slot = 2 * (feature & ~MISSING_LEFT) + (feature < 0 ? 1 : 0);
        // Nothing is less than NaN: less than the smallest key.
        long bits = Float.isNaN(threshold) ? 0 : ordered(Float.floatToRawIntBits(threshold + 0f));
        return bits << 31 | slot;
    }

    /** The bits of a float as an unsigned number in the floats' order. */
    private static long ordered(int bits) {
        return (bits ^ (bits >> 31 | 0x80000000)) & 0xffffffffL;
    }

    private static int[] depths(int[] roots, int[] child) {
        int[] level = new int[child.length];
        int[] depths = new int[roots.length];
        for (int t = 0; t < roots.length; t++) {
            int end = t + 1 < roots.length ? roots[t + 1] : child.length;
            for (int n = roots[t]; n < end; n++) {
                depths[t] = Math.max(depths[t], level[n]);
                if (child[n] != 0) {
                    level[child[n]] = level[n] + 1;
                    level[child[n] + 1] = level[n] + 1;
                }
            }
        }
        return depths;
    }

    /** Complete trees, one after the other. */
    private static final class Padding {
        private final int[] feature;
        private final float[] value;
        private final int[] child;
        private long[] node = new long[256];
        private float[] leaf = new float[256];
        private int nodes;
        private int leaves;

        Padding(int[] feature, float[] value, int[] child) {
            this.feature = feature;
            this.value = value;
            this.child = child;
        }

        /** Makes room for a block. */
        void room(int levels) {
            int inner = SIDE_BY_SIDE * ((1 << levels) - 1);
            if (nodes + inner > node.length) {
                node = Arrays.copyOf(node, Math.max(nodes + inner, 2 * node.length));
            }
            if (leaves + inner + SIDE_BY_SIDE > leaf.length) {
                leaf = Arrays.copyOf(leaf, Math.max(leaves + inner + SIDE_BY_SIDE, 2 * leaf.length));
            }
        }

        /** Adds a tree in its place among those of the block. */
        void add(int root, int levels, int place) {
            int inner = (1 << levels) - 1;
            int[] at = new int[2 * inner + 1];
            at[0] = root;
            for (int i = 0; i < inner; i++) {
                int n = at[i];
                boolean split = child[n] != 0;
                // Below a leaf it does not matter which way: the same leaf is everywhere.
                node[nodes + SIDE_BY_SIDE * i + place] = split ? node(feature[n], value[n]) : 0;
                at[2 * i + 1] = split ? child[n] : n;
                at[2 * i + 2] = split ? child[n] + 1 : n;
            }
            for (int i = 0; i <= inner; i++) {
                leaf[leaves + SIDE_BY_SIDE * i + place] = value[at[inner + i]];
            }
        }

        /** The block is complete. */
        void next(int levels) {
            nodes += SIDE_BY_SIDE * ((1 << levels) - 1);
            leaves += SIDE_BY_SIDE << levels;
        }
    }
}
