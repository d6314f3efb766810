module example.test/linkd

go 1.22
