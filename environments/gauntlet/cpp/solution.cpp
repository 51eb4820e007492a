#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

// Pairs with gcd exactly G: keep what G divides, divide it by G, and count coprime pairs by Moebius inversion. The
// queries are answered in the order of Mo's algorithm with updates: by block of l, block of r, and time.
static const int G = 1;

struct Query { int l, r, time, id; };
struct Update { int place, before, after; };

static int limit_ = 1;
static std::vector<std::vector<int>> divisors;  // the squarefree ones, by number
static std::vector<int> mobius, multiples;      // of each d: mu(d), and how many in the window it divides
static std::vector<int> values;
static long long pairs = 0;

static void sieve() {
    divisors.resize(limit_ + 1);
    mobius.assign(limit_ + 1, 0);
    multiples.assign(limit_ + 1, 0);
    mobius[1] = 1;
    for (int d = 1; d <= limit_; d++)
        for (int m = 2 * d; m <= limit_; m += d) mobius[m] -= mobius[d];
    for (int d = 1; d <= limit_; d++)
        if (mobius[d] != 0)
            for (int m = d; m <= limit_; m += d) divisors[m].push_back(d);
}

static void add(int value) {
    if (value % G != 0) return;
    for (int d : divisors[value / G]) pairs += mobius[d] * multiples[d]++;
}

static void remove(int value) {
    if (value % G != 0) return;
    for (int d : divisors[value / G]) pairs -= mobius[d] * --multiples[d];
}

static void change(int place, int value, int l, int r) {
    if (l <= place && place <= r) {
        remove(values[place]);
        add(value);
    }
    values[place] = value;
}

int main() {
    int n, q;
    if (std::scanf("%d %d", &n, &q) != 2) return 1;
    values.resize(n + 1);
    for (int i = 1; i <= n; i++)
        if (std::scanf("%d", &values[i]) != 1) return 1;
    std::vector<int> now = values;
    std::vector<Query> queries;
    std::vector<Update> updates;
    for (int i = 0; i < q; i++) {
        int kind, x, y;
        if (std::scanf("%d %d %d", &kind, &x, &y) != 3) return 1;
        if (kind == 1) {
            queries.push_back({x, y, (int)updates.size(), (int)queries.size()});
        } else {
            updates.push_back({x, now[x], y});
            now[x] = y;
        }
    }
    for (int value : values) limit_ = std::max(limit_, value / G);
    for (const Update& update : updates) limit_ = std::max(limit_, update.after / G);
    sieve();
    const int block = std::max(1, (int)std::pow((double)n, 2.0 / 3.0) / 2);
    std::sort(queries.begin(), queries.end(), [block](const Query& a, const Query& b) {
        if (a.l / block != b.l / block) return a.l < b.l;
        if (a.r / block != b.r / block) return (a.l / block % 2 == 0) == (a.r < b.r);
        return (a.r / block % 2 == 0) == (a.time < b.time) && a.time != b.time;
    });
    std::vector<long long> answers(queries.size());
    int l = 1, r = 0, time = 0;
    for (const Query& query : queries) {
        while (time < query.time) {
            const Update& update = updates[time++];
            change(update.place, update.after, l, r);
        }
        while (time > query.time) {
            const Update& update = updates[--time];
            change(update.place, update.before, l, r);
        }
        while (l > query.l) add(values[--l]);
        while (r < query.r) add(values[++r]);
        while (l < query.l) remove(values[l++]);
        while (r > query.r) remove(values[r--]);
        answers[query.id] = pairs;
    }
    for (long long answer : answers) std::printf("%lld\n", answer);
    return 0;
}
