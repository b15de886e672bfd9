using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>Folders, links and names.</summary>
public class NameTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_folder_of_5000_files_is_listed_whole_and_once_each()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.BashAsync("mkdir many && cd many && seq -f 'file %05g of a longer name' 5000 | xargs -d '\\n' touch");
        Assert.Equal("5000 5000", await mount.BashAsync("echo $(ls many | wc -l) $(ls many | sort -u | wc -l)"));
        Assert.Equal("5000", await mount.BashAsync("ls -l many | grep -c 'of a longer name'"));
        Assert.Equal("5000", await mount.BashAsync("find many -type f -size 0 | wc -l"));
        await mount.BashAsync("rm -r many; test -z \"$(ls -A)\"");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_walk_with_stat_asks_for_no_name_on_its_own()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.BashAsync("cd \"$beneath\" && mkdir many && cd many && seq 2000 | xargs touch");
        await mount.BashAsync("ls -l many > /dev/null");
        Assert.True(mount.Requests("READDIRPLUS") > 0);
        Assert.InRange(mount.Requests("LOOKUP"), 0, 200);
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_of_one_file_are_one_inode()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            """
            echo one > a; mkdir folder; ln a folder/b; echo two >> folder/b
            test a -ef folder/b; cat a; stat -c %h a; rm a; stat -c %h folder/b; cat folder/b
            """);
        Assert.Equal("one\ntwo\n2\n1\none\ntwo", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task Links_are_passed_on_and_never_followed_beneath()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.BashAsync(
            """
            ln -s /etc/hostname outside; ln -s nowhere dangling; ln -s loop loop
            readlink outside; stat -c %F dangling
            chown -h 1234:1234 outside; stat -c %u outside; stat -c %u /etc/hostname
            cat loop 2>&1 || true
            rm outside; test -e /etc/hostname
            """);
        Assert.Equal("/etc/hostname\nsymbolic link\n1234\n0\ncat: loop: Too many levels of symbolic links", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_are_bytes()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os
            names = [b"\xff\xfe", b"n" * 255, "\u00fc\u4e16".encode(), b"new\nline"]
            for name in names:
                open(name, "wb").close()
            assert sorted(os.listdir(b".")) == sorted(names) == sorted(os.listdir(os.environb[b"beneath"]))
            for name in names:
                os.unlink(name)
            assert not os.listdir(os.environ["beneath"])
            try:
                open(b"n" * 256, "wb")
            except OSError as error:
                print(error.strerror)
            """);
        Assert.Equal("File name too long", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pipe_and_a_socket_connect_processes()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os, socket, subprocess
            os.mkfifo("pipe")
            writer = subprocess.Popen(["sh", "-c", "echo through the pipe > pipe"])
            print(open("pipe").read().strip())
            writer.wait()
            server = socket.socket(socket.AF_UNIX)
            server.bind("socket")
            server.listen()
            client = socket.socket(socket.AF_UNIX)
            client.connect("socket")
            client.send(b"through the socket")
            print(server.accept()[0].recv(100).decode())
            """);
        Assert.Equal("through the pipe\nthrough the socket", output);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_sizes_are_those_of_the_disk_beneath()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        Assert.Equal("same", await mount.BashAsync(
            "[ \"$(stat -f -c '%b %S %l' .)\" = \"$(stat -f -c '%b %S %l' \"$beneath\")\" ] && echo same"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_absent_is_asked_for_once()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.BashAsync("for i in $(seq 50); do test ! -e absent; done; touch absent; test -e absent; rm absent; test ! -e absent");
        Assert.InRange(mount.Requests("LOOKUP"), 1, 3);
    }
}
