using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SharpFuzz.Common;

namespace OrthancCloudFs.Fuzzing;

/// <summary>Coverage of single inputs, outside a search; of use only in a program whose assemblies are instrumented.</summary>
internal static unsafe class CorpusKeeper
{
    /// <summary>Of afl-fuzz.</summary>
    private const int MapSize = 1 << 16;

    /// <summary>Longer inputs are not kept.</summary>
    private const int LongestKept = 4096;

    /// <summary>Gives instrumented code, which writes its marks from its first call on, a place for them.</summary>
    public static void Start() => Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapSize);

    /// <summary>Copies the few inputs that reach what neither the seeds nor those that are kept already do.</summary>
    /// <param name="target">Whose inputs they are.</param>
    /// <param name="from">A directory of inputs.</param>
    /// <param name="to">The kept ones; the files are named by their content.</param>
    public static void Keep(FuzzTarget target, string from, string to)
    {
        Directory.CreateDirectory(to);
        IEnumerable<byte[]> known = [.. target.Seeds, .. Directory.GetFiles(to).Select(File.ReadAllBytes)];
        HashSet<int> reached = [.. known.SelectMany(input => Reach(target, input))];
        var candidates = Directory.GetFiles(from)
            .Select(File.ReadAllBytes)
            .Where(input => input.Length <= LongestKept)
            .OrderBy(input => input.Length)
            .Select(input => (Input: input, Edges: Reach(target, input)))
            .ToList();
        while (candidates.MaxBy(candidate => candidate.Edges.Except(reached).Count()) is { Input: not null } best
            && best.Edges.Except(reached).Any())
        {
            reached.UnionWith(best.Edges);
            File.WriteAllBytes(Path.Combine(to, Convert.ToHexStringLower(SHA256.HashData(best.Input))[..16]), best.Input);
        }
    }

    private static List<int> Reach(FuzzTarget target, byte[] input)
    {
        var map = new Span<byte>(Trace.SharedMem, MapSize);
        map.Clear();
        target.Run(input);
        var edges = new List<int>();
        for (int i = 0; i < MapSize; i++)
        {
            if (map[i] != 0)
                edges.Add(i);
        }

        return edges;
    }
}
