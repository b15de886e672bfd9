using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>What programs expect of files that are open: shared mappings, locks, files without a name, holes, fsync.</summary>
public class OpenFileTests
{
    [Fact(Timeout = 60_000)]
    public async Task Two_processes_share_a_mapping()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import mmap, os, subprocess, sys
            open("shared", "wb").write(bytes(65536))
            other = '''
            import mmap, os, sys
            view = mmap.mmap(os.open("shared", os.O_RDWR), 65536)
            for line in sys.stdin:
                assert view[int(line)] == 7, view[int(line)]
                view[int(line) + 1] = 8
                print("done", flush=True)
            '''
            view = mmap.mmap(os.open("shared", os.O_RDWR), 65536)
            child = subprocess.Popen([sys.executable, "-c", other], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for offset in (0, 4095, 50000):
                view[offset] = 7
                print(offset, file=child.stdin, flush=True)
                assert child.stdout.readline() == "done\n"
                assert view[offset + 1] == 8
                os.close(os.open("shared", os.O_RDWR))  # another opener does not disturb the mapping
            child.stdin.close()
            assert child.wait() == 0
            view.flush()
            beneath = open(os.environ["beneath"] + "/shared", "rb").read()
            print([offset for offset, byte in enumerate(beneath) if byte])
            """);
        Assert.Equal("[0, 1, 4095, 4096, 50000, 50001]", output);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("fcntl.lockf")]
    [InlineData("fcntl.flock")]
    public async Task A_lock_keeps_other_processes_from_counting_at_the_same_time(string acquire)
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string program =
            $"""
            import fcntl
            for _ in range(300):
                with open("counter", "r+") as file:
                    {acquire}(file, fcntl.LOCK_EX)
                    value = int(file.read())
                    file.seek(0)
                    file.write(str(value + 1))
                    file.flush()
            """;
        await mount.BashAsync("printf 0 > counter");
        await Task.WhenAll(mount.PythonAsync(program), mount.PythonAsync(program), mount.PythonAsync(program));
        Assert.Equal("900", await mount.BashAsync("cat counter"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_held_lock_refuses_another_process()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import fcntl, subprocess, sys
            held = open("locked", "w")
            fcntl.lockf(held, fcntl.LOCK_EX, 10, 100)
            attempt = "import fcntl, sys; fcntl.lockf(open('locked', 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB, 10, int(sys.argv[1]))"
            for start in ("105", "110"):
                print(subprocess.run([sys.executable, "-c", attempt, start], capture_output=True, text=True).stderr.count("BlockingIOError"))
            """);
        Assert.Equal("1\n0", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_without_a_name_lives_until_it_is_closed()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os
            descriptor = os.open("gone", os.O_RDWR | os.O_CREAT)
            os.write(descriptor, b"before")
            os.unlink("gone")
            os.pwrite(descriptor, b"after", 6)
            os.fsync(descriptor)
            os.ftruncate(descriptor, 9)
            os.fchmod(descriptor, 0o640)
            result = os.fstat(descriptor)
            print(os.pread(descriptor, 100, 0), result.st_nlink, oct(result.st_mode), os.listdir("."))
            os.close(descriptor)
            """);
        Assert.Equal("b'beforeaft' 0 0o100640 []", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hole_takes_no_room_and_reads_as_zeros()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os
            descriptor = os.open("sparse", os.O_RDWR | os.O_CREAT)
            os.pwrite(descriptor, b"end", 1 << 30)
            os.fsync(descriptor)
            assert os.pread(descriptor, 5, (1 << 30) - 2) == b"\0\0end"
            assert not any(os.pread(descriptor, 1 << 20, 12345678))
            result = os.fstat(descriptor)
            print(result.st_size, result.st_blocks * 512 < 1 << 20, os.stat(os.environ["beneath"] + "/sparse").st_size)
            """);
        Assert.Equal($"{(1 << 30) + 3} True {(1 << 30) + 3}", output);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_just_written_is_never_taken_for_a_hole(bool writebackCache)
    {
        await using UnderlayMount mount = UnderlayMount.Create(writebackCache);
        string output = await mount.PythonAsync(
            """
            import os
            descriptor = os.open("fresh", os.O_RDWR | os.O_CREAT)
            os.ftruncate(descriptor, 1 << 20)
            os.pwrite(descriptor, b"x" * 300000, 0)  # not written back: nothing closes or synchronizes the file
            print(os.lseek(descriptor, 0, os.SEEK_DATA), os.lseek(descriptor, 0, os.SEEK_HOLE) >= 300000)
            """);
        Assert.Equal("0 True", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_fsync_acknowledged_lies_beneath_and_each_fsync_is_one_request()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os
            descriptor = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for number in range(10):
                os.write(descriptor, b"%d\n" % number)
                (os.fsync if number % 2 else os.fdatasync)(descriptor)
                assert open(os.environ["beneath"] + "/log", "rb").read().endswith(b"%d\n" % number)
            folder = os.open(".", os.O_RDONLY)
            os.fsync(folder)
            """);
        Assert.Equal("", output);
        Assert.Equal(10, mount.Requests("FSYNC"));
        Assert.Equal(1, mount.Requests("FSYNCDIR"));
    }
}
